# Every target does its own set-up: a fresh Debian needs Go, Node, make and git, and nothing else beforehand.
SHELL := bash

.PHONY: run demo build test bench faults lint fmt

# The hub on its embedded defaults, at http://localhost:8008.
run: build
	bin/hub serve

# The same with a sample network in five countries and all languages. With HUBS=2, the hubs of two countries that share a channel.
demo: build
	bin/hub demo --hubs $(or $(HUBS),1)

# One file: the hub with its client, catalogs and migrations inside.
build: web/dist/index.html
	go build -trimpath -o bin/hub ./hub

# Everything that is checked, on PostgreSQL, Redis and Chromium that are started for it.
test: build hub/clientapi/interop/jssdk/node_modules/.package-lock.json
	.ci/services --in-memory node .ci/check.mjs

# Figures of speed, as a table and as JSON. Takes about three quarters of an hour and wants a quiet machine; hub/bench -only takes parts.
bench: build
	.ci/services go run ./hub/bench -hub bin/hub

# Breaks hubs, PostgreSQL, Redis, disks and lines for some ten minutes while people use them. As root it also fills a small disk that it mounts.
faults: build
	.ci/services go run ./hub/faults -hub bin/hub

lint: web/node_modules/.package-lock.json
	node .ci/check.mjs gofmt vet staticcheck tsc lint

fmt: web/node_modules/.package-lock.json
	gofmt -w hub locales web/web.go
	cd web && npm run --silent format

client := $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json locales -type f 2>/dev/null)

web/dist/index.html: web/node_modules/.package-lock.json $(client)
	cd web && npm run --silent build
	touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	touch $@
