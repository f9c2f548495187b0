// Paths into a zod schema, as in messages and in the lock's `appOnly`: `customer.email`, `lines[].sku`, `pair[0]`,
// `attrs.*` (a record's values), `payment|0.last4` (the first option of a union).

/** The schema itself. */
export const rootPath = '(root)'

const join = (path: string, step: string): string => (path === rootPath ? step.replace(/^\./, '') : path + step)

export const pathTo = {
  property: (path: string, key: string): string =>
    join(path, /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`),
  items: (path: string): string => join(path, '[]'),
  item: (path: string, index: number): string => join(path, `[${index}]`),
  rest: (path: string): string => join(path, '[...]'),
  values: (path: string): string => join(path, '.*'),
  keys: (path: string): string => join(path, '.*(key)'),
  option: (path: string, index: number): string => join(path, `|${index}`),
  side: (path: string, side: 'left' | 'right'): string => join(path, `&${side}`),
}

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
