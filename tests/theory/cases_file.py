"""The C++ file around cases that a script computed."""
import sys


def write(script, header, struct, function, lines):
    """`lines`: initializers of `struct`, returned by `function` as a vector."""
    sys.stdout.write(f"""// Written by {script}; not by hand.
#include "theory/{header}"

namespace initbench {{

const std::vector<{struct}>& {function}() {{
  static const std::vector<{struct}> cases{{
""" + "".join(lines) + """  };
  return cases;
}

}  // namespace initbench
""")
