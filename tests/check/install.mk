# Installing: the program, its man page and completions, all generated from the option table. Included by the Makefile.
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1
BASHDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions

install: all ## program, man page, bash and zsh completion; DESTDIR and PREFIX as usual
	@install -d $(DESTDIR)$(PREFIX)/bin $(MANDIR) $(BASHDIR) $(ZSHDIR)
	@install -m 755 $(O)/sparkops $(DESTDIR)$(PREFIX)/bin/sparkops
	@$(O)/sparkops --generate man > $(MANDIR)/sparkops.1
	@$(O)/sparkops --generate bash > $(BASHDIR)/sparkops
	@$(O)/sparkops --generate zsh > $(ZSHDIR)/_sparkops

uninstall: ## remove what install put there
	@rm -f $(DESTDIR)$(PREFIX)/bin/sparkops $(MANDIR)/sparkops.1 $(BASHDIR)/sparkops $(ZSHDIR)/_sparkops
