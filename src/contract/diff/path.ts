// Paths into a payload as text: `lines[].sku`, `["odd key"]`, `payment(card).last4`.

export interface PayloadPath {
  readonly path: string
}

export const root: PayloadPath = { path: '' }

export const pathText = ({ path }: PayloadPath): string => (path === '' ? '(root)' : path)

/** The path as the subject of a sentence. */
export const subject = ({ path }: PayloadPath): string => (path === '' ? 'the payload' : `field \`${path}\``)

export const at = {
  member: ({ path }: PayloadPath, key: string): PayloadPath =>
    /^[A-Za-z_$][\w$]*$/.test(key)
      ? { path: path === '' ? key : `${path}.${key}` }
      : { path: `${path}[${JSON.stringify(key)}]` },
  items: ({ path }: PayloadPath): PayloadPath => ({ path: `${path}[]` }),
  item: ({ path }: PayloadPath, index: number): PayloadPath => ({ path: `${path}[${index}]` }),
  others: ({ path }: PayloadPath): PayloadPath => ({ path: path === '' ? '*' : `${path}.*` }),
  keys: ({ path }: PayloadPath): PayloadPath => ({ path: path === '' ? '*(key)' : `${path}.*(key)` }),
  branch: ({ path }: PayloadPath, value: unknown): PayloadPath => ({ path: `${path}(${String(value)})` }),
} as const
