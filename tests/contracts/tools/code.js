// Reads compiled code: constants that may be selectors, and opcodes.

/** Return the code without the compiler's note at its end, whose length the last two bytes give. */
function withoutNote(code) {
  const bytes = Buffer.from(code.replace(/^0x/, ""), "hex");
  return bytes.subarray(0, bytes.length - 2 - bytes.readUInt16BE(bytes.length - 2));
}

/** Yield [opcode, data pushed by it] for the whole code. */
function* instructions(code) {
  const bytes = withoutNote(code);
  for (let i = 0; i < bytes.length; ) {
    const opcode = bytes[i];
    const size = opcode >= 0x60 && opcode <= 0x7f ? opcode - 0x5f : 0;
    yield [opcode, bytes.subarray(i + 1, i + 1 + size).toString("hex")];
    i += 1 + size;
  }
}

module.exports = { instructions, withoutNote };
