/** How this library introduces itself in HELLO. A test keeps the version equal to the package's. */
export const software = '@q/client';
export const softwareVersion = '0.0.0';
