import { defineConfig } from 'eslint/config';
import baseConfig from './.config/eslint.config.mjs';

export default defineConfig([
  { ignores: ['dist/', 'node_modules/', '**/build/', 'e2e/'] },
  ...baseConfig,
  // JSX is compiled for React's automatic runtime: see .swcrc.
  { rules: { 'react/react-in-jsx-scope': 'off' } },
]);
