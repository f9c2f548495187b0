/** Writes the manifest of these files of the folder. */
export declare function writeManifest(folder: string, version: string, names: readonly string[]): void
