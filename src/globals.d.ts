// Part of the build: names that the bundler and vite fill in.
declare const SIDECAST_VERSION: string | undefined;
declare module '*.proto?raw' {
  const text: string;
  export default text;
}
