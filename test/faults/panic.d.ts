export declare function panicAt(marker: string): () => void
