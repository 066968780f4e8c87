std = "luajit"
cache = false
globals = { "ngx" }
files["plugin/host.lua"].globals = { "ngx", "kong" }
