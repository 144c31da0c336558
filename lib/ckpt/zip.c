/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/zip.h"

#include <minizip/unzip.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/die.h"
#include "ckpt/pointer.h"

/* How bytes are stored, and flags of a file. */
enum { STORED = 0, DEFLATED = 8, ENCRYPTED = 1 };

/* Deflate makes at most so many bytes of one, and a few of none. */
enum { MOST_OF_ONE = 1032, MOST_OF_NONE = 64 };

struct zip {
	const char *path;
	unzFile file;
	size_t size; /* of the archive */
	struct zipped {
		const char *name;
		size_t size;
		unz64_file_pos place;
		bool stored;
	} * files;
	size_t count, room;
};

/* A size that the archive cannot hold is refused before memory is taken for it. */
static void check_sizes(const struct zip *z, const char *name, const unz_file_info64 *info)
{
	uint64_t packed = info->compressed_size, size = info->uncompressed_size;

	if (info->flag & ENCRYPTED)
		die("%s: '%s' is encrypted", z->path, name);
	if (info->compression_method != STORED && info->compression_method != DEFLATED)
		die("%s: '%s' is compressed by method %lu; store or deflate it", z->path, name,
			info->compression_method);
	if (packed > z->size || (info->compression_method == STORED && size != packed) ||
		size > packed * MOST_OF_ONE + MOST_OF_NONE)
		die("%s: '%s': %llu bytes, stored as %llu of %zu: not a zip file that is whole",
			z->path, name, (unsigned long long)size, (unsigned long long)packed,
			z->size);
}

/* The file that stands next in the archive's directory. */
static void add(struct zip *z)
{
	unz_file_info64 info;
	struct zipped f;

	if (unzGetCurrentFileInfo64(z->file, &info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK ||
		unzGetFilePos64(z->file, &f.place) != UNZ_OK)
		die("%s: its list of files is damaged", z->path);
	char *name = must_alloc(info.size_filename + 1, 1);

	if (unzGetCurrentFileInfo64(
		    z->file, NULL, name, info.size_filename + 1, NULL, 0, NULL, 0) != UNZ_OK)
		die("%s: its list of files is damaged", z->path);
	if (strlen(name) != info.size_filename)
		die("%s: '%s': a NUL in a file's name", z->path, name);
	check_sizes(z, name, &info);
	f.name = name;
	f.size = info.uncompressed_size;
	f.stored = info.compression_method == STORED;
	if (z->count == z->room) {
		z->room = z->room ? 2 * z->room : 64;
		z->files = must_realloc(z->files, z->room, sizeof *z->files);
	}
	z->files[z->count++] = f;
}

/* An archive without files has no first one. */
static void list(struct zip *z)
{
	unz_global_info64 all;
	int status = unzGetGlobalInfo64(z->file, &all);

	if (status == UNZ_OK && all.number_entry)
		status = unzGoToFirstFile(z->file);
	else if (status == UNZ_OK)
		status = UNZ_END_OF_LIST_OF_FILE;
	for (; status == UNZ_OK; status = unzGoToNextFile(z->file))
		add(z);
	if (status != UNZ_END_OF_LIST_OF_FILE)
		die("%s: its list of files is damaged", z->path);
}

/* The record at the end of an archive has this size, with a comment behind it. minizip does not mind
 * where its last bytes are missing. */
static void check_end(const struct zip *z)
{
	static const char mark[] = "PK\5\6";
	enum { END = 22, MARK = sizeof mark - 1 };
	char bytes[MARK] = { 0 };
	unz_global_info64 all;
	bool whole = unzGetGlobalInfo64(z->file, &all) == UNZ_OK && z->size >= END &&
		     all.size_comment <= z->size - END;
	FILE *f = fopen(z->path, "rb");

	if (!f)
		die_errno("cannot open %s", z->path);
	whole = whole && fseeko(f, (off_t)(z->size - END - all.size_comment), SEEK_SET) == 0 &&
		fread(bytes, 1, MARK, f) == MARK && memcmp(bytes, mark, MARK) == 0;
	fclose(f);
	if (!whole)
		die("%s: not a zip file, or cut off", z->path);
}

struct zip *zip_open(const char *path)
{
	struct zip *z = must_alloc(1, sizeof *z);
	struct stat st;

	if (stat(path, &st))
		die_errno("cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		die("%s: not a file", path);
	pointer_check(path);
	*z = (struct zip){ .path = path, .size = (size_t)st.st_size, .file = unzOpen64(path) };
	if (!z->file)
		die("%s: not a zip file, or cut off", path);
	check_end(z);
	list(z);
	return z;
}

size_t zip_count(const struct zip *z)
{
	return z->count;
}

const char *zip_name(const struct zip *z, size_t i)
{
	return z->files[i].name;
}

size_t zip_size(const struct zip *z, size_t i)
{
	return z->files[i].size;
}

/* The two descriptions of a file, in the archive's directory and in front of its bytes, are compared. */
static void open_file(struct zip *z, const struct zipped *f)
{
	if (unzGoToFilePos64(z->file, &f->place) != UNZ_OK || unzOpenCurrentFile(z->file) != UNZ_OK)
		die("%s: '%s' is damaged: its two descriptions differ", z->path, f->name);
}

size_t zip_place(struct zip *z, size_t i)
{
	const struct zipped *f = &z->files[i];

	if (!f->stored)
		die("%s: '%s' is compressed, so that it cannot be used where it lies; write the "
		    "archive anew without compression (zip -0)",
			z->path, f->name);
	open_file(z, f);
	uint64_t place = unzGetCurrentFileZStreamPos64(z->file);

	unzCloseCurrentFile(z->file); /* it would verify what was read, which is nothing */
	if (place > z->size || f->size > z->size - place)
		die("%s: '%s' is damaged or cut off", z->path, f->name);
	return (size_t)place;
}

void *zip_read(struct zip *z, size_t i, struct arena *a)
{
	const unsigned most = 1 << 30; /* what minizip reads at once is an int */
	const struct zipped *f = &z->files[i];
	char *bytes = arena_alloc(a, f->size + 1);
	size_t done = 0;
	int n = 1;

	open_file(z, f);
	for (; done < f->size && n > 0; done += n > 0 ? (size_t)n : 0)
		n = unzReadCurrentFile(z->file, bytes + done,
			f->size - done < most ? (unsigned)(f->size - done) : most);
	if (unzCloseCurrentFile(z->file) != UNZ_OK || done < f->size)
		die("%s: '%s' is damaged or cut off", z->path, f->name);
	return bytes;
}
