/* SPDX-License-Identifier: Apache-2.0 */
#include "base/options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { MAX_OPTIONS = 32, LONG_ONLY = 256 };

static long whole_number(const char *name, const char *text, long low, long high)
{
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);
	if (end == text || *end || errno || n < low || n > high)
		die_usage("option '%s' takes a whole number from %ld to %ld, not '%s'", name, low,
			high, text);
	return n;
}

static double real_number(const char *name, const char *text)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text || *end || x != x)
		die_usage("option '%s' takes a number, not '%s'", name, text);
	return x;
}

static void store(const struct option_entry *e, const char *value)
{
	char name[64];

	if (e->letter)
		snprintf(name, sizeof name, "-%c", e->letter);
	else
		snprintf(name, sizeof name, "--%s", e->name);
	if (e->text)
		*e->text = value;
	else if (e->flag)
		*e->flag = true;
	else if (e->count)
		*e->count = whole_number(name, value, 0, 1000000000);
	else
		*e->real = real_number(name, value);
}

/* The getopt tables of the program's own options and the common ones. */
struct option_tables {
	char letters[3 * MAX_OPTIONS + 16];
	struct option names[MAX_OPTIONS + 3];
};

static struct option_tables make_tables(const struct option_entry *entries)
{
	struct option_tables t = { ":hVqvz:j:", { { NULL, 0, NULL, 0 } } };
	size_t letters = strlen(t.letters), names = 0;

	for (int i = 0; entries && (entries[i].letter || entries[i].name); i++) {
		const struct option_entry *e = &entries[i];
		int argument = e->flag ? no_argument : required_argument;

		if (e->letter) {
			t.letters[letters++] = e->letter;
			if (argument)
				t.letters[letters++] = ':';
		}
		if (e->name)
			t.names[names++] =
				(struct option){ e->name, argument, NULL, LONG_ONLY + i };
	}
	t.names[names++] = (struct option){ "help", no_argument, NULL, 'h' };
	t.names[names++] = (struct option){ "version", no_argument, NULL, 'V' };
	return t;
}

static void finish_text(const char *text, const char *name)
{
	printf(text, name);
	if (fflush(stdout))
		die_errno("cannot write to standard output");
	exit(0);
}

/* A letter that is none, also in the middle of an argument; or a long name. */
_Noreturn static void unknown_option(const struct options *o)
{
	if (optopt > 0 && optopt < 128)
		die_usage("unknown option '-%c'", optopt);
	if (optopt && optopt < LONG_ONLY)
		die_usage("unknown option '%s'", o->argv[optind]);
	die_usage("unknown option '%s'", o->argv[optind - 1]);
}

static void common_option(struct options *o, int c, const char *help)
{
	switch (c) {
	case 'h':
		finish_text("%s", help);
		break;
	case 'V':
		finish_text("%s (lrpipe " LRPIPE_VERSION ")\n", program_name());
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'z':
		o->level = *optarg == '-' ? -(int)whole_number("-z", optarg + 1, 0, 100)
					  : (int)whole_number("-z", optarg, 0, 19);
		break;
	case 'j':
		o->threads = (int)whole_number("-j", optarg, 1, 1024);
		break;
	case ':':
		die_usage("option '%s' needs a value", o->argv[optind - 1]);
	default:
		unknown_option(o);
	}
}

static const struct option_entry *own_option(const struct option_entry *entries, int c)
{
	for (int i = 0; entries && (entries[i].letter || entries[i].name); i++)
		if (c == LONG_ONLY + i || (c > 0 && c == entries[i].letter))
			return &entries[i];
	return NULL;
}

struct options options_parse(
	int argc, char **argv, const struct option_entry *entries, int max_files, const char *help)
{
	struct options o = { .level = -1, .threads = 1, .argc = argc, .argv = argv };
	struct option_tables t = make_tables(entries);
	int c;

	place_program(argv[0]);
	signal(SIGPIPE, SIG_DFL);
	opterr = 0;
	while ((c = getopt_long(argc, argv, t.letters, t.names, NULL)) != -1) {
		const struct option_entry *e = own_option(entries, c);

		if (e)
			store(e, optarg);
		else
			common_option(&o, c, help);
	}
	o.files = (const char *const *)argv + optind;
	o.file_count = argc - optind;
	if (o.file_count > max_files)
		die_usage("unexpected operand '%s'", o.files[max_files]);
	return o;
}
