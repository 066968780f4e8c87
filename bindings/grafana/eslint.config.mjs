import { defineConfig } from 'eslint/config';
import baseConfig from './.config/eslint.config.mjs';

export default defineConfig([{ ignores: ['dist/', 'node_modules/', '**/build/', 'e2e/'] }, ...baseConfig]);
