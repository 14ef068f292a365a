/**
 * Text that came from elsewhere, safe to show on a terminal: control characters (ANSI sequences begin with one), line and paragraph
 * separators, and what turns the direction of writing are shown as escapes.
 */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line of text, whatever is in it. */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, escaped);
