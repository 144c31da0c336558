#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write a stream: python3 write_stream.py >stream makes one with the relevance of three heads."""
import os
import stat
import sys

import msgpack
import msgpack_numpy
import numpy
import zstandard


def write(file, content, records, **header):
    """One segment: a header, the records, an end record that counts them; or why they failed."""
    zstd = zstandard.ZstdCompressor(level=1, write_checksum=True, write_content_size=True)

    def put(record):
        file.write(zstd.compress(msgpack.packb(record, default=msgpack_numpy.encode)))

    header = dict(dict(history=[sys.argv[0]]), **header)
    put(dict(header, type="header", format="lrpipe", version=1, content=content))
    count = 0
    try:
        for record in records:
            put(record if record.get("type") == "skipped" else dict(record, type=content))
            count += 1
    except BaseException as e:  # read_stream.Failed knows whose mistake it is
        failed = dict(type="failed", program=getattr(e, "program", sys.argv[0]),
                      message=str(getattr(e, "message", e)))
        if not stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            failed["stored"] = True  # whoever reads the file has not seen the message
        put(failed)
        raise
    put(dict(type="end", records=count))


if __name__ == "__main__":
    relevance = numpy.array([[0.5, 0.25, 0.25], [0.125, 0.875, 0.0]])
    write(sys.stdout.buffer, "heads",
          [dict(sentence=0, site="enc-self.4", first_step=0, relevance=relevance)])
