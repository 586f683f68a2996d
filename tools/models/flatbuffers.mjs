// Reads tables of a FlatBuffers file. Source: https://flatbuffers.dev/internals/

/** A table, whose fields are known by their numbers in the schema; one that is left out is 0, "" or []. */
export class Table {
  #bytes;
  #at;

  constructor(bytes, at) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The table that a file begins with, behind the four letters of its kind. */
  static root(bytes, kind) {
    if (bytes.toString('latin1', 4, 8) !== kind) throw new Error(`this is no ${kind}`);
    return new Table(bytes, bytes.readUInt32LE(0));
  }

  byte(field) {
    const at = this.#place(field);
    return at && this.#bytes.readInt8(at);
  }

  int(field) {
    const at = this.#place(field);
    return at && this.#bytes.readInt32LE(at);
  }

  table(field) {
    const at = this.#place(field);
    return at ? new Table(this.#bytes, this.#behind(at)) : undefined;
  }

  tables(field) {
    return this.#list(field, 4, (at) => new Table(this.#bytes, this.#behind(at)));
  }

  ints(field) {
    return this.#list(field, 4, (at) => this.#bytes.readInt32LE(at));
  }

  longs(field) {
    return this.#list(field, 8, (at) => Number(this.#bytes.readBigInt64LE(at)));
  }

  floats(field) {
    return this.#list(field, 4, (at) => this.#bytes.readFloatLE(at));
  }

  /** A vector of bytes, as a part of the file. */
  block(field) {
    const at = this.#place(field);
    if (!at) return Buffer.alloc(0);
    const begin = this.#behind(at);
    const end = begin + 4 + this.#bytes.readUInt32LE(begin);
    if (end > this.#bytes.length) throw new RangeError('a vector ends behind the file');
    return this.#bytes.subarray(begin + 4, end);
  }

  #list(field, size, read) {
    const at = this.#place(field);
    if (!at) return [];
    const begin = this.#behind(at);
    const count = this.#bytes.readUInt32LE(begin);
    if (begin + 4 + count * size > this.#bytes.length) throw new RangeError('a vector ends behind the file');
    return Array.from({ length: count }, (_, i) => read(begin + 4 + i * size));
  }

  /** Where a field's value lies; 0: it is left out. */
  #place(field) {
    const fields = this.#at - this.#bytes.readInt32LE(this.#at);
    const entry = 4 + 2 * field;
    if (entry >= this.#bytes.readUInt16LE(fields)) return 0;
    const offset = this.#bytes.readUInt16LE(fields + entry);
    return offset && this.#at + offset;
  }

  #behind(at) {
    return at + this.#bytes.readUInt32LE(at);
  }
}
