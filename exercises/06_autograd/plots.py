# %% [after dz_dw] z, and how fast it grows: the height of the second curve is the first one's slope
import matplotlib.pyplot as plt

ws = torch.linspace(-3, 3, 61)

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 2.8))
left.plot(ws, 10 * ws**2 + 25)
left.set(title="z = 10·w² + 25", xlabel="w")
right.plot(ws, [float(dz_dw(w.item())) for w in ws], color="tab:orange")
right.axhline(0, color="gray", linewidth=0.5)
right.set(title="dz/dw, by autograd", xlabel="w")
plt.show()

# %% [after train_regression] The loss before each step: fast at first, then slowly
import matplotlib.pyplot as plt
from grader.assignment.data import load_line

x, y = load_line()
line = LinearRegression(1, 1)
losses = train_regression(line, x, y)

plt.figure(figsize=(6, 3))
plt.semilogy(losses)
plt.xlabel("epoch")
plt.ylabel("mean squared error")
plt.show()

# %% [after predict] The points, and the line that was fitted to them
import matplotlib.pyplot as plt
from grader.assignment.data import load_line

x, y = load_line()
plt.figure(figsize=(6, 3))
plt.plot(x, y, "o", label="points of y = 2x + 1")
for epochs in (1, 5, 100):
    line = LinearRegression(1, 1)
    train_regression(line, x, y, epochs=epochs, device="cpu")
    plt.plot(x, predict(line, x), label=f"epochs: {epochs}")
plt.legend()
plt.show()
