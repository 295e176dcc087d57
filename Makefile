# Private memory nodes for Linux 6.12. `make` lists what there is.

.DEFAULT_GOAL := help
.PHONY: help demo test bench tools deb daxctl kernel tree series series-check lint clean deps new-test

YES := $(if $(Y),-y)

help: ## this list
	@echo "Private memory nodes for Linux 6.12"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Y=1 installs missing packages without asking. Everything built is kept in"
	@echo "  the cache, \$${XDG_CACHE_HOME:-~/.cache}/private-nodes."

demo: ## show a private node and compressed RAM in virtual machines (1 min once built)
	@demo/run $(YES)

test: deps ## build what is needed and run every test
	@tests/run

bench: ## count instructions, and write bench/report.md (20 min once built); ROWS=... for a part
	@scripts/install-deps $(YES) bench && bench/run $(ROWS)

kernel: deps ## build the default kernel and print where it is
	@scripts/kernel-build default

tree: deps ## make the patched kernel tree and print where it is
	@scripts/kernel-tree

series: deps ## write all changes as mails for reviewers and print where they are
	@scripts/series

series-check: deps ## apply the mails to a plain tree and build every step (hours)
	@scripts/series-check

tools: deps ## build daxctl-private
	@$(MAKE) -s -C tools/daxctl-private

deb: deps ## build Debian packages of daxctl-private and of the kernel; CONFIG=FILE for its options
	@scripts/deb && scripts/kernel-deb $(if $(CONFIG),--config $(CONFIG))

daxctl: ## build daxctl itself with our patches, of ndctl v81: make daxctl NDCTL_SRC=DIR
	@scripts/daxctl --check && scripts/install-deps $(YES) daxctl && scripts/daxctl

lint: deps ## shellcheck, checkpatch --strict on kernel code, clang-tidy on other C
	@scripts/lint

deps: ## install missing packages (asks first)
	@scripts/install-deps $(YES)

new-test: ## make a guest test from the template: make new-test NAME=area
	@scripts/new-test "$(NAME)"

clean: ## drop this checkout's kernel tree and the helpers built in it
	@scripts/clean
