// Wraps `processor.stream` in a pair of Web streams.

import type { InferredBy, Processor, StreamItem, StreamOptions, StreamPayload } from '../model/index.ts'

/**
 * A pair of Web streams around `processor.stream`: payloads go in, `StreamItem`s come out. Use it with
 * `readable.pipeThrough(toTransformStream(processor))`, or in Node's pipelines as
 * `Duplex.fromWeb(pair, { objectMode: true })`. A failing source errors the readable side. What ends the stream, the
 * reason of a cancelled readable side included, errors the writable side, and so cancels the source. Throws `options.invalid`.
 */
export function toTransformStream<In, Out, C extends boolean = false, A extends boolean = false, K extends boolean = C>(
  processor: Processor<In, Out, C, A>,
  options?: InferredBy<StreamOptions<K>, { readonly canonical: K }>,
): {
  readonly readable: ReadableStream<StreamItem<Out, NoInfer<K>, A>>
  readonly writable: WritableStream<StreamPayload<In>>
} {
  const { readable: payloads, writable } = new TransformStream<StreamPayload<In>, StreamPayload<In>>()
  const items = processor.stream<K>(payloads, options)
  const readable = new ReadableStream<StreamItem<Out, K, A>>(
    {
      async pull(controller) {
        const { done, value } = await items.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        await items.return?.(reason)
      },
    },
    // `processor.stream` already reads ahead.
    { highWaterMark: 0 },
  )
  return { readable, writable }
}
