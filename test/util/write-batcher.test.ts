// The write batcher on a stream that completes its writes when a test asks for it.
import { describe, expect, test } from 'vitest'
import { BumpArena } from '../../src/util/bump-arena.ts'
import { WriteBatcher, type WriteBatcherOptions } from '../../src/util/write-batcher.ts'

const blockBytes = 64

class SlowStream {
  readonly writes: string[] = []
  #done: ((error?: Error) => void) | undefined

  write(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    if (this.#done !== undefined) throw new Error('Expected one write at a time.')
    this.writes.push(Buffer.from(bytes).toString())
    this.#done = done
  }

  complete(error?: Error): void {
    const done = this.#done
    this.#done = undefined
    done?.(error)
  }

  completeAll(): void {
    while (this.#done !== undefined) this.complete()
  }
}

interface Setup {
  readonly stream: SlowStream
  readonly arena: BumpArena<Buffer>
  readonly writer: WriteBatcher
  readonly progress: [bytes: number, wasFull: boolean][]
  readonly handedOver: number[]
}

function setup(options: Partial<WriteBatcherOptions> = {}): Setup {
  const stream = new SlowStream()
  const arena = new BumpArena((bytes) => Buffer.alloc(bytes), [{ bytes: blockBytes, maxSpare: 4 }])
  const progress: [number, boolean][] = []
  const handedOver: number[] = []
  const writer = new WriteBatcher({
    target: stream,
    arena,
    maxWriteBytes: 1000,
    maxPendingBytes: 100,
    onProgress: (bytes, wasFull) => progress.push([bytes, wasFull]),
    onHandedOver: (units) => handedOver.push(units),
    ...options,
  })
  return { stream, arena, writer, progress, handedOver }
}

function send(writer: WriteBatcher, text: string, units = 0): void {
  const block = writer.reserve(text.length)
  block.bytes.write(text, block.used)
  writer.add(block, text.length, units)
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a write batcher', () => {
  test('writes what one turn adds in one piece, after the turn and its microtasks', async () => {
    const { stream, writer } = setup()
    send(writer, 'a')
    send(writer, 'b')
    void Promise.resolve().then(() => send(writer, 'c'))
    expect(stream.writes).toEqual([])
    await nextTurn()
    expect(stream.writes).toEqual(['abc'])
  })

  test('has one write at a time: what comes in between goes out in the next', async () => {
    const { stream, writer } = setup()
    send(writer, 'first')
    await nextTurn()
    send(writer, 'second')
    send(writer, ' third')
    await nextTurn()
    expect(stream.writes).toEqual(['first'])
    stream.complete()
    expect(stream.writes).toEqual(['first', 'second third'])
  })

  test('splits a write at its cap, so that each part is progress', async () => {
    const { stream, writer, progress } = setup({ maxWriteBytes: 10 })
    send(writer, 'x'.repeat(25))
    await nextTurn()
    stream.completeAll()
    expect(stream.writes.map(({ length }) => length)).toEqual([10, 10, 5])
    expect(progress.map(([bytes]) => bytes)).toEqual([10, 10, 5])
  })

  test('counts written bytes while there is a write, and pending ones until it is done', async () => {
    const { stream, writer } = setup({ maxWriteBytes: 10 })
    send(writer, 'x'.repeat(15))
    expect([writer.pending, writer.written]).toEqual([15, undefined])
    await nextTurn()
    expect([writer.pending, writer.written]).toEqual([15, 0])
    stream.complete()
    expect([writer.pending, writer.written]).toEqual([5, 10])
    stream.complete()
    expect([writer.pending, writer.written]).toEqual([0, undefined])
  })

  test('is full beyond its limit, and reports the write that ends it', async () => {
    const { stream, writer, progress } = setup()
    send(writer, 'x'.repeat(60))
    send(writer, 'y'.repeat(40))
    expect(writer.full).toBe(false)
    send(writer, 'z')
    expect(writer.full).toBe(true)
    await nextTurn()
    stream.completeAll()
    expect(writer.full).toBe(false)
    expect(progress).toEqual([
      [60, true],
      [41, false],
    ])
  })

  test('keeps the order across blocks and pieces larger than a block', async () => {
    const { stream, writer } = setup()
    const large = 'L'.repeat(2 * blockBytes)
    for (const text of ['a'.repeat(40), large, 'b'.repeat(20), 'c'.repeat(40)]) send(writer, text)
    await nextTurn()
    stream.completeAll()
    expect(stream.writes).toEqual(['a'.repeat(40), large, 'b'.repeat(20), 'c'.repeat(40)])
  })

  test('reports units once, with the write that has their first bytes', async () => {
    const { stream, writer, handedOver } = setup({ maxWriteBytes: 10 })
    send(writer, 'x'.repeat(15), 1)
    send(writer, 'y'.repeat(5), 1)
    expect(handedOver).toEqual([])
    await nextTurn()
    expect(handedOver).toEqual([2])
    send(writer, 'z', 1)
    stream.completeAll()
    expect(handedOver).toEqual([2, 1])
  })

  test('holds no block when everything is written', async () => {
    const { stream, arena, writer } = setup()
    const block = writer.reserve(1)
    send(writer, 'x'.repeat(blockBytes))
    await nextTurn()
    stream.completeAll()
    expect([block.live, block.used]).toEqual([0, 0])
    // The next reservation takes the same block from the spare ones.
    expect(arena.reserve(1)).toBe(block)
  })

  test('keeps a block that has other users', async () => {
    const { stream, writer } = setup()
    const block = writer.reserve(4)
    block.bytes.write('kept')
    block.live++
    writer.add(block, 4)
    await nextTurn()
    stream.completeAll()
    send(writer, 'more')
    expect(block.bytes.toString('latin1', 0, 8)).toBe('keptmore')
    await nextTurn()
    stream.completeAll()
    writer.release(block)
    expect([block.live, block.used]).toEqual([0, 0])
  })

  test('keeps unwritten bytes of a block whose other users leave', async () => {
    const { stream, writer } = setup()
    const block = writer.reserve(4)
    block.bytes.write('gone')
    block.live++
    writer.add(block, 4)
    writer.release(block)
    send(writer, 'kept')
    await nextTurn()
    expect(stream.writes).toEqual(['gonekept'])
  })

  test('writes nothing after close, and leaves the memory of the current write alone', async () => {
    const { stream, arena, writer, progress } = setup()
    send(writer, 'a')
    await nextTurn()
    const block = arena.open
    send(writer, 'b')
    writer.close()
    send(writer, 'c')
    await nextTurn()
    stream.completeAll()
    expect(stream.writes).toEqual(['a'])
    expect(progress).toEqual([])
    expect(block.live).toBeGreaterThan(0)
  })

  test('stops at an error of the stream', async () => {
    const { stream, writer, progress } = setup()
    send(writer, 'a')
    await nextTurn()
    send(writer, 'b')
    stream.complete(new Error('EPIPE'))
    await nextTurn()
    expect(stream.writes).toEqual(['a'])
    expect(progress).toEqual([])
  })
})
