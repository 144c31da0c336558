/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/zip.h"

#include <fcntl.h>
#include <minizip/unzip.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/die.h"

/* How bytes are stored, and flags of a file. */
enum { STORED = 0, DEFLATED = 8, ENCRYPTED = 1 };

/* Deflate makes at most so many bytes of one, and a few of none. */
enum { MOST_OF_ONE = 1032, MOST_OF_NONE = 64 };

/*
 * What stands in an archive of a file: an entry of its directory, with the file's name and an extra field
 * behind it, and a header in front of the file's bytes (APPNOTE.TXT, 4.3.7 and 4.3.12). Numbers
 * that are too large for it are BEYOND, and stand in the extra field (4.5.3). minizip 1.1 does not look there where a
 * long has 64 bits, so that is done here, and what is not compressed is read without it.
 */
enum { ENTRY = 46, ENTRY_OFFSET = 42, HEADER = 30, HEADER_METHOD = 8, HEADER_NAME = 26 };
enum { ZIP64 = 1 };
#define BEYOND 0xffffffffu

struct zip {
	const char *path;
	int fd;
	unzFile file;
	size_t size; /* of the archive */
	struct zipped {
		const char *name;
		size_t size;
		unz64_file_pos place;
		uint64_t offset; /* of its header */
		unsigned long crc;
		bool stored;
	} * files;
	size_t count, room;
};

static bool read_at(const struct zip *z, uint64_t at, void *to, size_t size)
{
	const size_t most = 1 << 30;

	if (at > z->size || size > z->size - at)
		return false;
	for (size_t done = 0; done < size;) {
		size_t part = size - done < most ? size - done : most;
		ssize_t n = pread(z->fd, (char *)to + done, part, (off_t)(at + done));

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static uint64_t number(const unsigned char *bytes, int size)
{
	uint64_t n = 0;

	while (size--)
		n = n << 8 | bytes[size];
	return n;
}

/* Numbers of an entry that are in its extra field, in this order where they are. */
static bool find_large(const unsigned char *extra, size_t size, uint64_t *const numbers[3])
{
	size_t field = 0;

	while (size >= 4 && (number(extra, 2) != ZIP64)) {
		field = 4 + (size_t)number(extra + 2, 2);
		if (field > size)
			return false;
		extra += field, size -= field;
	}
	if (size < 4 || (field = (size_t)number(extra + 2, 2)) > size - 4)
		return false;
	extra += 4;
	for (int i = 0; i < 3; i++) {
		if (*numbers[i] != BEYOND)
			continue;
		if (field < 8)
			return false;
		*numbers[i] = number(extra, 8);
		extra += 8, field -= 8;
	}
	return true;
}

/* The offset of a file's header, and its sizes, of which minizip may have said only that they are large. */
static void find_sizes(struct zip *z, struct zipped *f, unz_file_info64 *info)
{
	unsigned char entry[ENTRY], *extra = must_alloc(info->size_file_extra + 1, 1);
	uint64_t sizes[] = { info->uncompressed_size, info->compressed_size, 0 };
	bool good = read_at(z, f->place.pos_in_zip_directory, entry, ENTRY) &&
		    memcmp(entry, "PK\1\2", 4) == 0 &&
		    unzGetCurrentFileInfo64(z->file, NULL, NULL, 0, extra, info->size_file_extra,
			    NULL, 0) == UNZ_OK;

	sizes[2] = good ? number(entry + ENTRY_OFFSET, 4) : 0;
	if (good && (sizes[0] == BEYOND || sizes[1] == BEYOND || sizes[2] == BEYOND))
		good = find_large(extra, info->size_file_extra,
			(uint64_t *const[]){ &sizes[0], &sizes[1], &sizes[2] });
	if (!good)
		die("%s: its list of files is damaged", z->path);
	free(extra);
	info->uncompressed_size = sizes[0];
	info->compressed_size = sizes[1];
	f->offset = sizes[2];
}

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
	find_sizes(z, &f, &info);
	check_sizes(z, name, &info);
	f.crc = info.crc;
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

	whole = whole && read_at(z, z->size - END - all.size_comment, bytes, MARK) &&
		memcmp(bytes, mark, MARK) == 0;
	if (!whole)
		die("%s: not a zip file, or cut off", z->path);
}

struct zip *zip_open(const char *path)
{
	struct zip *z = must_alloc(1, sizeof *z);
	struct stat st;

	z->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (z->fd < 0 || fstat(z->fd, &st))
		die_errno("cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		die("%s: not a file", path);
	z->path = path;
	z->size = (size_t)st.st_size;
	z->file = unzOpen64(path);
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

static _Noreturn void die_differ(const struct zip *z, const struct zipped *f)
{
	die("%s: '%s' is damaged: its two descriptions differ", z->path, f->name);
}

static _Noreturn void die_cut(const struct zip *z, const struct zipped *f)
{
	die("%s: '%s' is damaged or cut off", z->path, f->name);
}

size_t zip_place(struct zip *z, size_t i)
{
	const struct zipped *f = &z->files[i];
	size_t length = strlen(f->name);
	unsigned char header[HEADER];
	char *name = must_alloc(length + 1, 1);

	if (!f->stored)
		die("%s: '%s' is compressed, so that it cannot be used where it lies; write the "
		    "archive anew without compression (zip -0)",
			z->path, f->name);
	if (!read_at(z, f->offset, header, HEADER) || memcmp(header, "PK\3\4", 4) != 0 ||
		number(header + HEADER_METHOD, 2) != STORED ||
		number(header + HEADER_NAME, 2) != length ||
		!read_at(z, f->offset + HEADER, name, length) || strcmp(name, f->name) != 0)
		die_differ(z, f);
	free(name);
	uint64_t place = f->offset + HEADER + length + number(header + HEADER_NAME + 2, 2);

	if (place > z->size || f->size > z->size - place)
		die_cut(z, f);
	return (size_t)place;
}

static void read_stored(struct zip *z, size_t i, char *bytes)
{
	const struct zipped *f = &z->files[i];

	if (!read_at(z, zip_place(z, i), bytes, f->size) ||
		crc32_z(0, (unsigned char *)bytes, f->size) != f->crc)
		die_cut(z, f);
}

static void read_deflated(struct zip *z, const struct zipped *f, char *bytes)
{
	const unsigned most = 1 << 30; /* what minizip reads at once is an int */
	size_t done = 0;
	int n = 1;

	if (unzGoToFilePos64(z->file, &f->place) != UNZ_OK || unzOpenCurrentFile(z->file) != UNZ_OK)
		die_differ(z, f);
	for (; done < f->size && n > 0; done += n > 0 ? (size_t)n : 0)
		n = unzReadCurrentFile(z->file, bytes + done,
			f->size - done < most ? (unsigned)(f->size - done) : most);
	if (unzCloseCurrentFile(z->file) != UNZ_OK || done < f->size)
		die_cut(z, f);
}

void *zip_read(struct zip *z, size_t i, struct arena *a)
{
	char *bytes = arena_alloc(a, z->files[i].size + 1);

	if (z->files[i].stored)
		read_stored(z, i, bytes);
	else
		read_deflated(z, &z->files[i], bytes);
	return bytes;
}
