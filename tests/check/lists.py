"""Every list is whole: each source has its file, a test and a recorded answer, each view its file, each theme all it
needs; a leaf file exports one symbol; what a list names in the program is what the documents and the help name."""
import glob
import os
import re
import subprocess
import sys

OUT = os.environ.get('O', 'build')
bad = []


def read(name):
    with open(name, encoding='utf-8') as f:
        return f.read()


def say(text):
    bad.append(text)


def exported(name):
    """Symbols with external linkage that the file defines."""
    obj = f'{OUT}/check-lists.o'
    done = subprocess.run(['gcc', '-std=c11', '-D_GNU_SOURCE', '-c', name, '-o', obj], capture_output=True, text=True)
    if done.returncode:
        say(f'{name}: does not compile alone')
        return []
    out = subprocess.run(['nm', '-g', '--defined-only', obj], capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in out.splitlines()]


for symbol in re.findall(r'^\s*X\([A-Z]+, (\w+), "', read('include/source.h'), re.M):
    name = f'backend/source/{symbol}.c'
    if not os.path.exists(name):
        say(f'include/source.h lists {symbol}, but there is no {name}')
        continue
    if exported(name) != [f'source_{symbol}']:
        say(f'{name} exports {exported(name)}; a source exports source_{symbol} and nothing else')
    if not glob.glob(f'tests/unit/test_*{symbol}*.c'):
        say(f'no tests/unit/test_source_{symbol}.c')
    if not glob.glob(f'tests/fixture/{symbol}*') and not glob.glob(f'tests/fixture/**/*{symbol}*', recursive=True):
        say(f'no recorded answer in tests/fixture/{symbol}')

listed = re.search(r'#define VIEW_LIST\(X\)(.*?)\n\n', read('tui/view.h'), re.S)
for symbol in re.findall(r'X\((\w+)\)', listed.group(1) if listed else ''):
    name = f'tui/view/{symbol}.c'
    if not os.path.exists(name):
        say(f'tui/view.h lists {symbol}, but there is no {name}')
    elif exported(name) != [f'view_{symbol}']:
        say(f'{name} exports {exported(name)}; a view exports view_{symbol} and nothing else')

roles = re.findall(r'X\([A-Z_]+, "([a-z.]+)"', read('tui/style.h'))
default = read('themes/default.theme')
for role in roles:
    if not re.search(rf'^{re.escape(role)}\b', default, re.M):
        say(f'themes/default.theme does not set {role}')

for name in glob.glob('tests/fuzz/fuzz_*.c'):
    stem = os.path.basename(name)[:-2]
    if not glob.glob(f'tests/fixture/fuzz/{stem}/*') and not glob.glob(f'tests/fixture/{stem[5:]}/*'):
        say(f'{name} has no corpus in tests/fixture/fuzz/{stem}')

for name in ('README.md', 'LICENSE', '.ci/run', '.clang-format', '.editorconfig'):
    if not os.path.exists(name):
        say(f'{name} is missing')

print('\n'.join(bad))
sys.exit(1 if bad else 0)
