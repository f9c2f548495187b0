// Where this package is. Needs Node.

/** The folder of package.json, from src/util and from dist/util alike. */
export const packageRoot: URL = new URL('../../', import.meta.url)
