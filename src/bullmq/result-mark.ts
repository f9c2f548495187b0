/** First byte of a result key whose result is with the app: no kind of outcome has it. */
export const deliveredToAppMark = 0xff
