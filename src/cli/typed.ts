import { readCliEnvironment } from '#config/load.ts';

/** A command of `eyrie` as whoever reads it types it: by the way in which this one was started. */
export const typed = (command: string): string => command.replace(/^eyrie\b/, readCliEnvironment().command);

/** What the API says, with the commands in it as they are typed here. */
export const typedIn = (text: string): string => text.replace(/(?<=`)eyrie (?=[a-z])/g, (name) => typed(name));
