// The door of stream/.

export { toTransformStream } from './transform.ts'
export { lines, numberedLines, type ByteSource, type Line, type LinesOptions } from './lines.ts'
