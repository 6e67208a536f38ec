SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
ENVIRONMENT = Tests/Environment
RELEASE = .build/release
SOURCES = Sources Tests Package.swift
# What hull starts by itself, beside it in the build's directory and in libexec/hull when installed.
HELPERS = hull-compare hull-image hull-registry hull-workload hull-vmm hull-agent

.PHONY: all packages-build kernel test test-hardware demo install format lint fuzz link-order bench clean

all: packages-build
	$(SWIFT) build -c release

packages-build:
	@$(ENVIRONMENT)/install-packages build

# Everything: lint, unit tests, integration tests as root, rootless tests as an ordinary user. Tests of machines need the
# guest's kernel, which is built the first time.
test: all kernel
	@$(ENVIRONMENT)/install-packages test
	$(SWIFT) build --build-tests
	@$(ENVIRONMENT)/run-tests

# The guest's kernel, once for a source, a configuration and a compiler (some minutes).
kernel:
	@$(ENVIRONMENT)/install-packages kernel
	@Kernels/build

# The hardware kind of machine, on an emulated host with a hardware KVM.
test-hardware: all
	@$(ENVIRONMENT)/install-packages kernel hardware
	$(SWIFT) build --build-tests
	@$(ENVIRONMENT)/hardware-tests

# Sets up a fresh Debian 12, builds, makes a BusyBox image and runs it.
demo:
	@$(ENVIRONMENT)/demo

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/hull $(DESTDIR)$(PREFIX)/share/hull
	install -s -m 755 $(RELEASE)/hull $(DESTDIR)$(PREFIX)/bin/hull
	for helper in $(HELPERS); do \
	    install -s -m 755 $(RELEASE)/$$helper $(DESTDIR)$(PREFIX)/libexec/hull/$$helper || exit 1; \
	done
	cp -r --no-preserve=ownership Configs $(DESTDIR)$(PREFIX)/share/hull/
	install -d $(DESTDIR)$(PREFIX)/share/hull/Kernels
	install -m 755 Kernels/build $(DESTDIR)$(PREFIX)/share/hull/Kernels/build
	install -m 644 Kernels/hull.config $(DESTDIR)$(PREFIX)/share/hull/Kernels/hull.config
	$(ENVIRONMENT)/install-kernel $(DESTDIR)$(PREFIX)/share/hull/kernels
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(RELEASE)/hull manual > $(DESTDIR)$(PREFIX)/share/man/man1/hull.1
	$(RELEASE)/hull completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/hull
	$(RELEASE)/hull completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_hull
	$(RELEASE)/hull completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/hull.fish

format:
	$(SWIFT) format -i -r $(SOURCES)

lint:
	@$(ENVIRONMENT)/run-tests lint

# A minute a fuzz target.
fuzz: packages-build
	@Tests/Fuzz/run 60

# The list of functions that a start executes, anew from the release build (some minutes, as root).
link-order: packages-build
	LinkOrder/update

bench: all kernel
	@$(ENVIRONMENT)/install-packages bench demo hardware
	Tests/Benchmarks/run

clean:
	rm -rf .build out
