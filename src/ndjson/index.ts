// Newline-delimited JSON in, Web streams around a processor.

export { toTransformStream } from './transform.ts'
export { isBlank, lines, LineSplitter, numberedLines, type ByteSource, type Line, type LinesOptions } from './lines.ts'
