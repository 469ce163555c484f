export const maskPersonalData = (text: string): string => text;
