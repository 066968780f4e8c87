-- For LuaRocks with the `rust-mlua` build type, from the root of the repository:
-- `luarocks make bindings/lua/emqx-rebalance-scm-1.rockspec`.
rockspec_format = "3.0"
package = "emqx-rebalance"
version = "scm-1"
source = { url = "git+https://github.com/emqx-rebalance/emqx-rebalance" }
description = {
  summary = "Plans, drives and watches the rebalancing of EMQX clusters",
  license = "Apache-2.0",
}
dependencies = { "lua >= 5.1, < 5.5" }
build_dependencies = { "luarocks-build-rust-mlua" }
build = {
  type = "rust-mlua",
  modules = { "emqx_rebalance" },
  cargo_extra_args = { "--manifest-path bindings/lua/Cargo.toml" },
  include = {
    ["bindings/lua/lua/emqx_rebalance/nginx.lua"] = "emqx_rebalance/nginx.lua",
    ["bindings/lua/lua/emqx_rebalance/ngx_cosocket.lua"] = "emqx_rebalance/ngx_cosocket.lua",
    ["bindings/lua/lua/emqx_rebalance/ngx_crew.lua"] = "emqx_rebalance/ngx_crew.lua",
    ["bindings/lua/lua/emqx_rebalance/resty_http.lua"] = "emqx_rebalance/resty_http.lua",
    ["bindings/lua/lua/emqx_rebalance/options.lua"] = "emqx_rebalance/options.lua",
    ["bindings/lua/lua/emqx_rebalance/types.lua"] = "emqx_rebalance/types.lua",
  },
}
