# %% [after fit] The loss, epoch by epoch
import matplotlib.pyplot as plt
import torch.nn.functional as F
from grader.assignment.data import load_mnist

digits = load_mnist()
reader, opt = get_model(lr=0.5)
losses = fit(reader, opt, F.cross_entropy, digits.x_train, digits.y_train, epochs=8)

plt.figure(figsize=(6, 3))
plt.plot(range(1, 9), losses, "o-")
plt.xlabel("epoch")
plt.ylabel("mean training loss")
plt.show()

# %% [after fit] What it learned: the weights of each digit as a picture (blue speaks for it)
learned = next(p for p in reader.parameters() if p.dim() == 2).detach()

fig, axes = plt.subplots(1, 10, figsize=(10, 1.6))
for digit, ax in enumerate(axes):
    ax.imshow(learned[digit].reshape(28, 28), cmap="RdBu", vmin=-1, vmax=1)
    ax.set_title(digit)
    ax.axis("off")
plt.show()

# %% [after train_random] One loop, and any optimizer: SGD's learning rate is far too large for Adam
import matplotlib.pyplot as plt
import torch.nn.functional as F
from grader.assignment.data import load_mnist

digits = load_mnist()
kinds = {
    "SGD, lr=0.5": lambda parameters: optim.SGD(parameters, lr=0.5),
    "Adam, lr=0.001": lambda parameters: optim.Adam(parameters, lr=0.001),
    "Adam, lr=0.5": lambda parameters: optim.Adam(parameters, lr=0.5),
}

plt.figure(figsize=(6, 3))
for name, make in kinds.items():
    reader = Mnist_Logistic()
    opt = make(reader.parameters())
    right = []
    for _ in range(10):
        train_random(reader, opt, F.cross_entropy, digits.x_train, digits.y_train, 50, 64)
        guessed = reader(digits.x_valid).argmax(1)
        right.append((guessed == digits.y_valid).float().mean().item())
    plt.plot(range(50, 501, 50), right, "o-", label=name)
plt.xlabel("steps")
plt.ylabel("accuracy on digits it has never seen")
plt.legend()
plt.show()
