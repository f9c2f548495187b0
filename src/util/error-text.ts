/** The message of an error, or the text of another value that was thrown. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
