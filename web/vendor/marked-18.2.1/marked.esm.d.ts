// What the app uses of it.
export class Marked {
  constructor(options?: Record<string, unknown>);
  use(extension: Record<string, unknown>): void;
  lexer(text: string): any[];
}
