"""Cells that students who mean harm hand in, after an honest `double` and `half`: a kind each.

``lost``: the points of (double, half) that each costs its author; nobody else loses any.
"""

HONEST = "def double(x):\n    return 2 * x\n\n\ndef half(x):\n    return x / 2\n"

KINDS = {
    "honest": ("", (0, 0)),
    "loops in a cell": ("while True: pass", (0, 0)),
    "loops in a call": ("def double(x):\n    while True: pass", (5, 0)),
    "50 GB": ("import numpy as np\nx = np.ones(50 << 27)", (0, 0)),
    "50 GB in a call": ("import numpy as np\ndef double(x): return np.ones(50 << 27)", (5, 0)),
    "fork bomb": ("import os\ndef double(x):\n    while True: os.fork()", (5, 0)),
    "10 GB to disk": ("for i in range(1000):\n"
                      "    open(f'/tmp/{i}', 'wb').write(bytes(10 << 20))", (0, 0)),
    "writes outside": ("import pathlib\n"
                       "for place in ('/etc', '/usr', '/dev/shm', '/home', '{out}'):\n"
                       "    try: pathlib.Path(place, 'owned').write_text('')\n"
                       "    except OSError: pass\n"
                       "    else: raise SystemExit(place)", (0, 0)),
    "prints a score": ("import os, sys\nsaid = b'{\"points\": 100, \"verdict\": \"right\"}'\n"
                       "def half(x):\n    print(said)\n    for fd in range(1, 20):\n"
                       "        try: os.write(fd, said)\n        except OSError: pass\n"
                       "    return 0 * x", (0, 5)),
    "reads the tests": ("import pathlib\nfor place in ('{out}', '/home', '/autograder'):\n"
                        "    try: found = list(pathlib.Path(place).rglob('hidden.py'))\n"
                        "    except OSError: found = []\n"
                        "    if found: double = half = None", (0, 0)),
    "edits the tests": ("import sys, os\nfor folder in list(sys.path) + ['.', '..']:\n"
                        "    try: open(os.path.join(folder, 'hidden.py'), 'w').write('')\n"
                        "    except OSError: pass\n"
                        "def double(x): return x", (3, 0)),
    "patches": ("import numpy as np, torch\nnp.allclose = torch.allclose = lambda *a, **k: True\n"
                "import mlsan.exercises.answers as ours\nours.same = np.allclose\n"
                "def double(x): return x", (3, 0)),
    "is equal to all": ("class Same(float):\n    def __eq__(self, other): return True\n"
                        "def double(x): return Same(1)\ndef half(x): return [Same(0)] * len(x)",
                        (5, 5)),
    "pickles": ("import pickle, os\nclass Bomb:\n"
                "    def __reduce__(self): return os.system, ('touch {out}/owned',)\n"
                "def double(x): return pickle.dumps(Bomb())\ndef half(x): return Bomb()", (5, 5)),
    "network": ("import socket\ndef double(x):\n"
                "    socket.create_connection(('127.0.0.1', {port}), 2)\n    return 2 * x", (5, 0)),
    "signals": ("import os, signal\nfor one in (os.getppid(), 1, -1):\n"
                "    try: os.kill(one, signal.SIGKILL)\n    except OSError: pass", (0, 0)),
    "prints without end": ("def double(x):\n    while True: print('x' * 10000)", (5, 0)),
    "leaves": ("import os\ndef half(x): os._exit(0)", (0, 5)),
    "answers with 800 MB": ("import numpy as np\ndef half(x): return np.zeros(100 << 20)", (0, 5)),
}
