/** The planner's WebAssembly, compressed by gzip, as base64: see webpack.config.ts. */
declare module 'emqx-rebalance/emqx_rebalance.wasm' {
  const packed: string;
  export default packed;
}
