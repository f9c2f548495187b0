// NDJSON lines, JSON values over several lines, and Web streams around a processor.

export { toTransformStream } from './transform.ts'
export { isBlank, LineSplitter, type Line } from './line-splitter.ts'
export { lines, numberedLines, type ByteSource, type LinesOptions } from './lines.ts'
export { LayoutDetector, type InputLayout } from './input-layout.ts'
export { JsonValueSplitter, type NumberedValue } from './json-values.ts'
