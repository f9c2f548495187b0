// NDJSON lines, JSON values over several lines, and Web streams around a processor.

export { toTransformStream } from './transform.ts'
export { isBlank, lines, LineSplitter, numberedLines, type ByteSource, type Line, type LinesOptions } from './lines.ts'
export { LayoutDetector, type InputLayout } from './input-layout.ts'
export { JsonValueSplitter, type NumberedValue } from './json-values.ts'
