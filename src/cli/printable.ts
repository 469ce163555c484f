/** A text from outside must not move the cursor or recolour the terminal of whoever looks at it. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '\uFFFD');
}
