"""What honest code needs works, and what torch asks for and must not get is refused."""

from __future__ import annotations

import pytest
from lockdown.inside import Zygote, cases, is_refused

pytestmark = pytest.mark.slow

HONEST = {
    "lazy imports": """
        import csv, decimal, difflib, email.message, sqlite3, uuid, xml.dom, zoneinfo
        import multiprocessing, subprocess, concurrent.futures, ssl, ctypes.util
        import numpy.polynomial, numpy.fft, torch.utils.data, torch.distributions
        import torch.optim.swa_utils, torchgrade_missing
    """,
    "training": """
        from torch import nn
        for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"):
            optimizer = getattr(torch.optim, name)
            model = nn.Sequential(
                nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)
            )
            steps = optimizer(model.parameters(), lr=0.01)
            for _ in range(3):
                loss = nn.functional.cross_entropy(
                    model(torch.randn(5, 1, 8, 8)), torch.zeros(5).long()
                )
                steps.zero_grad()
                loss.backward()
                steps.step()
        return bool(torch.isfinite(loss))
    """,
    "kinds of layers": """
        from torch import nn
        nn.LSTM(4, 5)(torch.randn(3, 2, 4))[0].sum().backward()
        nn.TransformerEncoderLayer(8, 2)(torch.randn(3, 2, 8)).sum().backward()
        nn.Embedding(9, 3)(torch.arange(5))
        return True
    """,
    "linear algebra": """
        square = torch.randn(64, 64)
        torch.linalg.svd(square), torch.linalg.eigh(square @ square.T), torch.linalg.inv(square)
        torch.fft.fft(square), np.linalg.svd(square.numpy()), square @ square
        return True
    """,
    "two threads in torch": """
        torch.set_num_threads(2)
        x = torch.randn(512, 512, requires_grad=True)
        (x @ x).sum().backward()
        return True
    """,
    "threads": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda n: n * n, range(10))) == 285
    """,
    "asyncio": """
        import asyncio
        async def main():
            queue = asyncio.Queue()
            await asyncio.gather(queue.put(1), asyncio.sleep(0.001), asyncio.to_thread(sum, [1]))
            return await queue.get() == 1
        return asyncio.run(main())
    """,
    "data loader": """
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.arange(10.0), torch.arange(10.0))
        return sum(len(x) for x, _ in DataLoader(data, batch_size=3, shuffle=True)) == 10
    """,
    "saving": """
        torch.save({'w': torch.ones(3)}, 'weights.pt')
        np.savez('arrays.npz', x=np.ones(3))
        os.makedirs('runs/one')
        torch.save(model.state_dict(), 'runs/one/weights.pt')
        return bool(torch.load('weights.pt')['w'].sum() == 3)
    """,
    "files of its own": """
        import shutil, tempfile, zipfile
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.NamedTemporaryFile() as file,
            tempfile.TemporaryFile() as nameless,
        ):
            nameless.write(b'x')
            inside = Path(folder).is_relative_to(workdir) and Path(file.name).parent == workdir
            shutil.copy2(public / 'data.txt', folder)
            shutil.copytree(public, 'copy')
            shutil.move('copy', 'moved')
            Path('moved', 'data.txt').touch()
            shutil.rmtree('moved')
        return inside
    """,
    "reading what is public": "return (public / 'data.txt').read_text() == 'public'",
    "chance and time": """
        import random, secrets, time
        time.sleep(0.001)
        with open('/dev/urandom', 'rb') as file, open(os.devnull, 'w') as null:
            null.write('x')
            random.seed(), np.random.default_rng(), torch.seed(), secrets.token_hex()
            return len(os.urandom(8) + file.read(8)) == 16 and time.localtime().tm_year > 2000
    """,
    "signals to itself": """
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
        signal.signal(signal.SIGUSR1, lambda *_: seen.append(2))
        signal.raise_signal(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        while 1 not in seen:
            time.sleep(0.001)
        return seen.count(2) == 2
    """,
    "asking about itself": """
        import getpass, platform, resource, shutil
        resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_AS)
        os.cpu_count(), os.getpid(), os.getppid(), os.uname(), platform.platform()
        shutil.get_terminal_size(), sys.stdin.isatty(), os.path.expanduser('~'), os.getcwd()
        return str(Path.cwd()) == str(workdir)
    """,
    "script": """
        Path('double.py').write_text('import torch\\ndef double(x: torch.Tensor): return x * 2')
        sys.path.insert(0, '.')
        import double
        return bool(torch.jit.script(double.double)(torch.ones(2)).sum() == 4)
    """,
    "tracing": "return torch.jit.trace(lambda x: x * 2, torch.ones(2))(torch.ones(2)).tolist()",
    "profiler": """
        import cProfile, faulthandler, io, tracemalloc
        faulthandler.enable(file=open('trace', 'w'))
        with torch.profiler.profile():
            torch.ones(3) + 1
        return True
    """,
}


@pytest.mark.parametrize("code", cases(HONEST))
def test_honest_code_works(warm_zygote: Zygote, code: str) -> None:
    answer = warm_zygote.run(code)
    assert answer.get("value") or answer.get("error") == "ModuleNotFoundError", answer
    assert answer.get("text", "torchgrade_missing").count("torchgrade_missing"), answer


@pytest.mark.parametrize(
    ("code", "error"),
    [("np.ones(3 << 27)", "MemoryError"), ("torch.ones(3 << 28)", "RuntimeError")],
)
def test_memory(warm_zygote: Zygote, code: str, error: str) -> None:
    assert warm_zygote.run(code, memory_bytes=256 << 20)["error"] == error


def test_memory_within_the_limit(warm_zygote: Zygote) -> None:
    answer = warm_zygote.run("return torch.ones(1 << 25).numel()", memory_bytes=256 << 20)
    assert answer["value"] == 1 << 25


def test_workers_are_refused(warm_zygote: Zygote) -> None:
    warm_zygote.needs("landlock", "seccomp")
    answer = warm_zygote.run("""
        from torch.utils.data import DataLoader
        next(iter(DataLoader(range(8), num_workers=1)))
    """)
    assert is_refused(answer), answer
