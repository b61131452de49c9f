/** A number from the command line. What is not one would be compared with for ever. */
export function numberArgument(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < 0) throw new Error(`'${text}' is not a number`);
  return number;
}
