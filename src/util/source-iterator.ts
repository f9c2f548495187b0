// Iterators of sources that are closed at once, even while they wait for data.

export type SourceIterator<T> = Iterator<T> | AsyncIterator<T>

type Iterables<T> = Partial<AsyncIterable<T> & Iterable<T>>

/** What is used of a readable stream of Node. */
interface NodeReadable<T> extends AsyncIterable<T> {
  readonly destroyed: boolean
  destroy(): unknown
}

/**
 * How to open the iterator of a source; undefined: it has none. `return(reason)` closes a stream of Node or of the Web at once:
 * their own iterators wait for a pending `next` first, as generators do.
 */
export function openerOf<T>(source: unknown): (() => SourceIterator<T>) | undefined {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: open } = (source ?? {}) as Iterables<T>
  if (isWebReadable<T>(source)) return () => iteratorOfWeb(source)
  if (typeof openAsync === 'function') {
    return isNodeReadable<T>(source) ? () => iteratorOfNode(source) : () => openAsync.call(source)
  }
  return typeof open === 'function' ? () => open.call(source) : undefined
}

/** As `openerOf`, and none of text and bytes: they are iterable, but as characters and numbers. */
export const openerOfItems = <T>(source: unknown): (() => SourceIterator<T>) | undefined =>
  typeof source === 'string' || ArrayBuffer.isView(source) ? undefined : openerOf<T>(source)

const isWebReadable = <T>(source: unknown): source is ReadableStream<T> =>
  typeof (source as Partial<ReadableStream<T>> | null | undefined)?.getReader === 'function'

const isNodeReadable = <T>(source: unknown): source is NodeReadable<T> => {
  const { destroy, destroyed } = source as Partial<NodeReadable<T>>
  return typeof destroy === 'function' && typeof destroyed === 'boolean'
}

function iteratorOfWeb<T>(stream: ReadableStream<T>): AsyncIterator<T, undefined> {
  const reader = stream.getReader()
  let isOpen = true
  const release = (): void => {
    isOpen = false
    reader.releaseLock()
  }
  return {
    async next() {
      try {
        const { done, value } = await reader.read()
        if (!done) return { done, value }
      } catch (error) {
        if (isOpen) release()
        throw error
      }
      if (isOpen) release()
      return { done: true, value: undefined }
    },
    // As in the standard, the argument is the reason of the cancellation.
    async return(reason?: unknown) {
      if (isOpen) {
        const closed = reader.cancel(reason)
        release()
        await closed
      }
      return { done: true, value: undefined }
    },
  }
}

function iteratorOfNode<T>(stream: NodeReadable<T>): AsyncIterator<T> {
  const iterator = stream[Symbol.asyncIterator]()
  return {
    next: () => iterator.next(),
    async return() {
      const closed = iterator.return?.()
      // Not destroyed by its iterator: that waits, or has not begun.
      if (!stream.destroyed && !isServerRequest(stream)) stream.destroy()
      await closed
      return { done: true, value: undefined }
    },
  }
}

/** `destroy` would close the connection before the response is written, which ends the request anyway. */
const isServerRequest = (stream: object): boolean =>
  typeof (stream as { readonly method?: unknown }).method === 'string'
