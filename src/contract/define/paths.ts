// Finds the place of a zod schema that an error of parseLock is about.

import { pathTo, rootPath } from '../index.ts'

/** The zod path of a pointer into the lock, for errors that only parseLock finds. Names of `$defs` are kept. */
export function pathOfPointer(pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let path = rootPath
  for (let i = steps[0] === 'schema' ? 1 : 0; i < steps.length; i++) {
    const keyword = steps[i] as string
    const next = steps[i + 1]
    if (keyword === 'items') path = pathTo.items(path)
    else if (keyword === 'additionalProperties') path = pathTo.values(path)
    else if (keyword === 'propertyNames') path = pathTo.keys(path)
    else if (next === undefined) break
    else if (keyword === '$defs') path = steps[++i] as string
    else if (keyword === 'properties') path = pathTo.property(path, steps[++i] as string)
    else if (keyword === 'prefixItems') path = pathTo.item(path, Number(steps[++i]))
    else if (keyword === 'anyOf' || keyword === 'oneOf') path = pathTo.option(path, Number(steps[++i]))
    else break
  }
  return path
}
