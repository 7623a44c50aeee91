"""Budgets: a function at most 60 lines, a file 500, nesting 4, parameters 6, a public header 150.

An exception is a comment `/* long: reason */` in or right above the function (or in the file's first comment, for the
file's length). Reads the text with comments and strings blanked; knows C as clang-format leaves it."""
import re
import subprocess
import sys

FUNCTION, FILE, NESTING, PARAMETERS, HEADER = 60, 500, 4, 6, 150


def blank(text):
    """Comments, strings and character literals become blanks; newlines stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group(0)), text)


def parameters(head):
    inside = head[head.index('(') + 1:head.rindex(')')]
    depth, count = 0, 1 if inside.strip() not in ('', 'void') else 0
    for ch in inside:
        depth += ch in '([{'
        depth -= ch in ')]}'
        count += ch == ',' and depth == 0
    return count


def functions(lines):
    """(first line, last line, head, deepest nesting) of each function: a `{` alone in column 0 after a head."""
    i = 0
    while i < len(lines):
        if lines[i].startswith('{') and i and '(' in ''.join(lines[max(0, i - 6):i]):
            start = i - 1
            while start > 0 and lines[start - 1].strip() and not lines[start - 1].startswith(('}', '#')) \
                    and not lines[start - 1].rstrip().endswith(';'):
                start -= 1
            depth = deepest = 0
            end = i
            for end in range(i, len(lines)):
                for ch in lines[end]:
                    depth += ch == '{'
                    depth -= ch == '}'
                deepest = max(deepest, depth)
                if depth == 0:
                    break
            yield start, end, ' '.join(lines[start:i]), deepest - 1
            i = end
        i += 1


def main():
    names = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '*.c', '*.h'],
                           capture_output=True, text=True, check=True).stdout.split()
    bad = []
    for name in names:
        raw = open(name, encoding='utf-8').read()
        raw_lines = raw.split('\n')
        lines = blank(raw).split('\n')
        limit = HEADER if name.startswith('include/') else FILE
        if len(raw_lines) - 1 > limit and '/* long:' not in '\n'.join(raw_lines[:14]):
            bad.append(f'{name}: {len(raw_lines) - 1} lines, budget {limit}')
        if not name.endswith('.c'):
            continue
        for start, end, head, nesting in functions(lines):
            where = f'{name}:{start + 1}'
            if '/* long:' in '\n'.join(raw_lines[max(0, start - 3):end + 1]):
                continue
            if end - start + 1 > FUNCTION:
                bad.append(f'{where}: function of {end - start + 1} lines, budget {FUNCTION}')
            if nesting > NESTING:
                bad.append(f'{where}: nesting {nesting}, budget {NESTING}')
            if '(' in head and ')' in head and parameters(head) > PARAMETERS:
                bad.append(f'{where}: {parameters(head)} parameters, budget {PARAMETERS}')
    print('\n'.join(bad))
    return 1 if bad else 0


sys.exit(main())
