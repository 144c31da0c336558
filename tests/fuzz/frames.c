/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nobody guesses a checksum: AFL++ changes the MessagePack of records, and each is put into a frame of zstd before a program
 * reads it. As a shared object this is AFL's; as a program it makes a stream of what AFL has in its queue.
 */
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

struct frames {
	ZSTD_CCtx *zstd;
	unsigned char *bytes;
	size_t room;
};

struct frames *afl_custom_init(void *afl, unsigned int seed)
{
	struct frames *f = calloc(1, sizeof *f);

	(void)afl;
	(void)seed;
	f->zstd = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, -5);
	return f;
}

void afl_custom_deinit(struct frames *f)
{
	ZSTD_freeCCtx(f->zstd);
	free(f->bytes);
	free(f);
}

/* How long the object is at the beginning of some bytes; those that are none go into one frame, to the end. */
static size_t object_length(const unsigned char *bytes, size_t size)
{
	msgpack_unpacked object;
	size_t n = 0;

	msgpack_unpacked_init(&object);
	if (msgpack_unpack_next(&object, (const char *)bytes, size, &n) <= 0 || !n)
		n = size;
	msgpack_unpacked_destroy(&object);
	return n;
}

size_t afl_custom_post_process(
	struct frames *f, unsigned char *bytes, size_t size, unsigned char **out)
{
	size_t n = 0;

	for (size_t at = 0, length; at < size; at += length) {
		length = object_length(bytes + at, size - at);
		if (n + ZSTD_compressBound(length) > f->room) {
			f->room = 2 * (n + ZSTD_compressBound(length));
			f->bytes = realloc(f->bytes, f->room);
		}
		n += ZSTD_compress2(f->zstd, f->bytes + n, f->room - n, bytes + at, length);
	}
	*out = f->bytes;
	return n;
}

int main(void)
{
	static unsigned char bytes[1 << 20];
	struct frames *f = afl_custom_init(NULL, 0);
	unsigned char *stream;
	size_t size = fread(bytes, 1, sizeof bytes, stdin);

	size = afl_custom_post_process(f, bytes, size, &stream);
	fwrite(stream, 1, size, stdout);
	afl_custom_deinit(f);
	return ferror(stdout) || fclose(stdout);
}
