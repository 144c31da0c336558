/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "stat/ledger_table.h"
#include "show/asked.h"
#include "show/json.h"
#include "show/show.h"
#include "stream/failure.h"
#include "stream/stream.h"

static const char help[] =
	"usage: stream-show [-qv] [-k key[,key...]] [--records n] [--json | --tsv] [file ...]\n"
	"       stream-show [-qv] [--records n] --ledger [--tsv] [file ...]\n"
	"Show a stream as text, as JSON lines or as a table.\n"
	"\n"
	"  text   headers as '# key: value', heads and averages as tables, large tensors as\n"
	"         shape, smallest, largest and mean element\n"
	"  JSON   one record a line, every number exact; stream-pack makes the same stream of it\n"
	"  table  one number a line, its indices before it, separated by tabs\n"
	"  ledger what became of relevance: per site the mean over steps of each term's share of\n"
	"         the start, here + elsewhere + losses = sum = 1, and the worst |sum - 1|\n"
	"\n"
	"Reads  any stream; with --ledger relevance (from lrp-layer)\n"
	"Writes text\n"
	"  --json        one JSON object for each record\n"
	"  --tsv         tab-separated values under a line of column names\n"
	"  --ledger      a table of the ledgers, a line for each site\n"
	"  -k key[,key]  only these keys, or nodes of a trace; another key is an error, which\n"
	"                names those that there are; with -q some of them may be missing\n"
	"  --records n   only the first n data records, then stop\n"
	"  -q, -v        say less, say more\n"
	"  -h, -V        this help, the version\n"
	"Example:  head-sum relevance.lrp | stream-show --tsv | LC_ALL=C sort -k 5 -g | tail\n";

/* A JSON line for the end of a segment, so that a text that was cut off is seen to be. */
static void show_end(const struct show *s, long records)
{
	if (s->form == SHOW_JSON && !s->keys && records >= 0)
		fprintf(s->to, "{\"type\":\"end\",\"records\":%ld}\n", records);
}

/* Where this program dies, the JSON ends with a line that says so, as a stream does. */
static void say_failed(const char *program, const char *message)
{
	fputs("{\"type\":\"failed\",\"program\":", stdout);
	json_put_text(stdout, program, strlen(program));
	fputs(",\"message\":", stdout);
	json_put_text(stdout, message, strlen(message));
	fputs(failure_in_pipe(STDOUT_FILENO) ? "}\n" : ",\"stored\":true}\n", stdout);
	fflush(stdout);
}

static void flush(const struct show *s)
{
	if (fflush(s->to) || ferror(s->to)) {
		place_source(NULL);
		die_errno("cannot write to standard output");
	}
}

/* Returns how many data records there were. */
static long show_all(struct show *s, struct instream *in, long most, struct asked_keys *asked)
{
	long segment = -1, shown = 0; /* records of the segment; -1: none has begun */
	struct record r;

	while (stream_next(in, &r)) {
		if (r.is_header) {
			show_end(s, segment);
			segment = -1;
		} else if (shown == most) {
			return shown;
		}
		asked_look(asked, &r);
		show_record(s, &r);
		flush(s);
		segment++;
		shown += !r.is_header;
	}
	show_end(s, segment);
	return shown;
}

/* Only what the ledgers say, summed over all segments. */
static void show_ledgers(const struct show *s, struct instream *in, long most)
{
	struct ledger_table *t = ledger_table_new();
	struct record r;
	long entered = 0; /* data records */

	while (stream_next(in, &r)) {
		if (!r.is_header && entered++ == most)
			break;
		ledger_table_add(t, &r);
	}
	ledger_table_print(t, s->to, s->form == SHOW_TSV);
}

int main(int argc, char **argv)
{
	const char *keys = NULL;
	bool json = false, tsv = false, ledger = false;
	long most = LONG_MAX;
	const struct option_entry entries[] = {
		{ .letter = 'k', .text = &keys },
		{ .name = "records", .count = &most },
		{ .name = "json", .flag = &json },
		{ .name = "tsv", .flag = &tsv },
		{ .name = "ledger", .flag = &ledger },
		{ 0 },
	};
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	struct show s = { .to = stdout, .form = json ? SHOW_JSON : tsv ? SHOW_TSV : SHOW_TEXT };

	if (json && tsv)
		die_usage("--json and --tsv exclude each other");
	if (ledger && (json || keys))
		die_usage("--ledger and %s exclude each other", json ? "--json" : "-k");
	if (keys)
		s.keys = split_keys(keys, &s.key_count);
	struct asked_keys *asked = asked_new(&s);

	if (json)
		die_last_words(say_failed);
	if (ledger)
		show_ledgers(&s, stream_open(&o, "relevance"), most);
	else if (show_all(&s, stream_open(&o, NULL), most, asked))
		asked_check(asked, o.quiet);
	flush(&s);
	if (close(STDOUT_FILENO))
		die_errno("cannot write to standard output");
	return 0;
}
