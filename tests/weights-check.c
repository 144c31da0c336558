/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tensor of a checkpoint, of any format, with a hash of its bytes: all is read that ckpt-list
 * leaves where it is. For tests that compare formats, and for hostile files.
 *
 *   weights-check PATH            name, dtype, shape, hash; then the fingerprint
 *   weights-check --pickle FILE   the tensors of an archive as torch.save writes it around this pickle
 *                                 (storages 0 to 3, of 64 zero bytes each), made in memory
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/mapped.h"
#include "base/print.h"
#include "ckpt/checkpoint.h"
#include "tensor/convert.h"

static void print_entry(const struct entry *e, void *context)
{
	struct tensor read = entry_tensor(e);
	const struct tensor *t = &read;
	size_t size = e->make ? weights_size(t->type, t->count) : e->size;

	(void)context;
	print_plain(stdout, "%s\t%s\t[", e->name, e->dtype);
	for (int i = 0; i < t->dimensions; i++)
		printf(i ? ",%ld" : "%ld", t->shape[i]);
	printf("]\t%016llx\n", (unsigned long long)XXH3_64bits(t->data, size));
}

/* A zip archive in the making: its files, and its directory, which comes last. */
struct archive_made {
	unsigned char *bytes, *directory;
	size_t size, directory_size;
	unsigned count;
};

static uint32_t checksum(const unsigned char *data, size_t size)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < 8 * size; i++) {
		crc ^= i % 8 ? 0 : data[i / 8];
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void put(unsigned char *to, size_t *size, uint64_t n, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[(*size)++] = i < 8 ? (unsigned char)(n >> 8 * i) : 0;
}

/* What the two descriptions of a file have in common. */
static void put_file(
	unsigned char *to, size_t *at, const char *name, const unsigned char *data, size_t size)
{
	put(to, at, 20, 2);
	put(to, at, 0, 8); /* no flags, stored, no time */
	put(to, at, checksum(data, size), 4);
	put(to, at, size, 4);
	put(to, at, size, 4);
	put(to, at, strlen(name), 2);
	put(to, at, 0, 2);
}

static void add(struct archive_made *z, const char *name, const unsigned char *data, size_t size)
{
	size_t place = z->size;

	put(z->bytes, &z->size, 0x04034b50, 4);
	put_file(z->bytes, &z->size, name, data, size);
	memcpy(z->bytes + z->size, name, strlen(name));
	z->size += strlen(name);
	if (size)
		memcpy(z->bytes + z->size, data, size);
	z->size += size;
	put(z->directory, &z->directory_size, 0x02014b50, 4);
	put(z->directory, &z->directory_size, 20, 2);
	put_file(z->directory, &z->directory_size, name, data, size);
	put(z->directory, &z->directory_size, 0, 10);
	put(z->directory, &z->directory_size, place, 4);
	memcpy(z->directory + z->directory_size, name, strlen(name));
	z->directory_size += strlen(name);
	z->count++;
}

/* Its path, of a file that is nowhere else. */
static const char *wrap(const char *path)
{
	static const unsigned char zeros[64];
	static const char *const names[] = { "archive/data/0", "archive/data/1", "archive/data/2",
		"archive/data/3" };
	size_t size;
	const unsigned char *pickle = mapped_open(path, &size);
	struct archive_made z = { must_alloc(size + 4096, 1), must_alloc(4096, 1), 0, 0, 0 };
	int fd = memfd_create("archive", 0);

	add(&z, "archive/data.pkl", pickle, size);
	for (int i = 0; i < 4; i++)
		add(&z, names[i], zeros, sizeof zeros);
	size_t directory = z.size;
	memcpy(z.bytes + z.size, z.directory, z.directory_size);
	z.size += z.directory_size;
	put(z.bytes, &z.size, 0x06054b50, 4);
	put(z.bytes, &z.size, 0, 4);
	put(z.bytes, &z.size, z.count, 2);
	put(z.bytes, &z.size, z.count, 2);
	put(z.bytes, &z.size, z.directory_size, 4);
	put(z.bytes, &z.size, directory, 4);
	put(z.bytes, &z.size, 0, 2);
	if (fd < 0 || write(fd, z.bytes, z.size) != (ssize_t)z.size)
		die_errno("cannot make an archive in memory");
	static char name[64];
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return name;
}

int main(int argc, char **argv)
{
	bool pickle = argc == 3 && strcmp(argv[1], "--pickle") == 0;

	place_program(argv[0]);
	if (argc != 2 && !pickle)
		die_usage("[--pickle] PATH");
	if (pickle) {
		const struct weight_file *f = weight_file_open(wrap(argv[2]));

		for (size_t i = 0; i < f->count; i++)
			print_entry(&f->entries[i], NULL);
		return 0;
	}
	struct checkpoint *c = checkpoint_open(argv[1]);

	checkpoint_list(c, print_entry, NULL);
	printf("%s\n", checkpoint_hash(c));
	return 0;
}
