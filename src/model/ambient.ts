// Names in the public types that lib.es2022 does not have.

declare global {
  interface SymbolConstructor {
    /** As in lib.esnext.disposable and @types/node. */
    readonly asyncDispose: unique symbol
  }
  // Empty interfaces merge with those of lib.dom or @types/node, and stand in for them in a project that has neither. The
  // parameters must be the same as there.
  /* oxlint-disable typescript/no-explicit-any */
  interface AbortSignal {}
  interface URL {}
  interface ReadableStream<R = any> {}
  interface WritableStream<W = any> {}
  /* oxlint-enable typescript/no-explicit-any */
}

/** What `await using` closes; the AsyncDisposable of newer libs. */
export interface AsyncClosable {
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): PromiseLike<void>
}
