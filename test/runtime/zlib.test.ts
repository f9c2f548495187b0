// node:zlib as the engines use it.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { zlib } from '../../src/runtime/node.ts'

test('zstd writes one frame, whatever its size is to that of the buffer', (context) => {
  const compress = zlib?.zstd?.compress(1)
  if (compress === undefined) context.skip('this Node has no zstd')
  const magic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)
  // Bytes that do not shrink, among them sizes whose frame has 256 bytes more than half of them.
  for (let size = 0; size < 600; size++) {
    const frame = Buffer.from(compress?.(randomBytes(size)) ?? [])
    expect([size, frame.lastIndexOf(magic)]).toEqual([size, 0])
  }
})
