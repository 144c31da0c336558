/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/picture.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && !strcmp(name + n - k, end);
}

/* The file is to be converted from SVG to this; NULL: it is SVG, or no file. */
static const char *format_of(const struct picture *p)
{
	if (!p->file)
		return NULL;
	return ends_in(p->file, ".png") ? "png" : ends_in(p->file, ".pdf") ? "pdf" : NULL;
}

/* The columns of the terminal that text goes to; 0: none, or it does not say. */
static long window_width(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

void picture_check(struct picture *p)
{
	const char *term = getenv("COLORTERM");
	bool automatic = !strcmp(p->color, "auto");

	if (p->file && !ends_in(p->file, ".svg") && !format_of(p))
		die_usage("option '-o' takes a file.svg, a file.png or a file.pdf, not '%s'",
			p->file);
	if (!automatic && strcmp(p->color, "always") && strcmp(p->color, "never"))
		die_usage("option '--color' takes auto, always or never, not '%s'", p->color);
	if (!(p->max > 0))
		die_usage("option '--max' takes a number above 0, not %g", p->max);
	p->svg = p->svg || p->file;
	if (!p->svg && !p->width)
		p->width = window_width();
	if (automatic)
		p->colours = isatty(STDOUT_FILENO) && term &&
			     (!strcmp(term, "truecolor") || !strcmp(term, "24bit"));
	else
		p->colours = !strcmp(p->color, "always");
}

/* The error comes from errno, or from a text. */
static _Noreturn void give_up(const struct picture *p, const char *why)
{
	int error = errno;

	if (p->written)
		unlink(p->written);
	errno = error;
	if (why)
		die("cannot write '%s': %s", p->file, why);
	die_errno("cannot write '%s'", p->file);
}

/* A new file beside the one that is asked for, with the rights that it would have. */
static int new_file(struct picture *p)
{
	size_t room = strlen(p->file) + sizeof ".XXXXXX";
	mode_t mask = umask(0);
	char *name = must_alloc(room, 1);

	umask(mask);
	snprintf(name, room, "%s.XXXXXX", p->file);

	int to = mkstemp(name);

	if (to < 0)
		give_up(p, NULL);
	p->written = name;
	if (fchmod(to, 0666 & ~mask))
		give_up(p, NULL);
	return to;
}

FILE *picture_open(struct picture *p)
{
	FILE *to = stdout;

	if (p->file)
		to = format_of(p) ? tmpfile() : fdopen(new_file(p), "w");
	if (!to)
		give_up(p, NULL);
	return to;
}

/* Run rsvg-convert from one open file into another. */
static void convert(const struct picture *p, int from, int to)
{
	bool png = !strcmp(format_of(p), "png");
	char *arguments[] = { "rsvg-convert", "--unlimited", png ? "--format=png" : "--format=pdf",
		png ? "--zoom=2" : NULL, NULL };
	posix_spawn_file_actions_t files;
	pid_t child;
	int status, error = posix_spawn_file_actions_init(&files);

	if (!error)
		error = posix_spawn_file_actions_adddup2(&files, from, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&files, to, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(&child, arguments[0], &files, NULL, arguments, environ);
	if (error == ENOENT)
		give_up(p, "no program rsvg-convert; install the Debian package librsvg2-bin, "
			   "or write a file.svg");
	errno = error;
	if (error)
		give_up(p, NULL);
	posix_spawn_file_actions_destroy(&files);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			give_up(p, NULL);
	if (status)
		give_up(p, "rsvg-convert failed; write a file.svg");
}

static void close_converted(struct picture *p, FILE *svg)
{
	int to = new_file(p);

	if (fflush(svg) || ferror(svg) || lseek(fileno(svg), 0, SEEK_SET))
		give_up(p, NULL);
	convert(p, fileno(svg), to);
	if (close(to))
		give_up(p, NULL);
	fclose(svg);
}

void picture_close(struct picture *p, FILE *to)
{
	if (!p->file) {
		if (fflush(to) || ferror(to) || fclose(to))
			die_errno("cannot write to standard output");
		return;
	}
	if (format_of(p))
		close_converted(p, to);
	else if (fflush(to) || ferror(to) || fclose(to))
		give_up(p, NULL);
	if (rename(p->written, p->file))
		give_up(p, NULL);
	free(p->written);
	p->written = NULL;
}
