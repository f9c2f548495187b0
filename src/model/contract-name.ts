// The names that a contract may have: safe in an HTTP path, a metrics label, a flag `NAME=FILE` and a file name.

/** Completes "Expected …". */
export const contractNameRule =
  'a name of 1 to 64 characters out of A-Z, a-z, 0-9, ".", "_" and "-", the first one a letter or a digit'

export const isContractName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
