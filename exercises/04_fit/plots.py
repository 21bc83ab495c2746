# %% [after fit] The loss, epoch by epoch, for three learning rates
import matplotlib.pyplot as plt
import torch.nn.functional as F
from grader.assignment.data import load_mnist

digits = load_mnist()

plt.figure(figsize=(6, 3))
for lr in (0.01, 0.1, 0.5):
    reader = nn.Linear(784, 10)
    losses = fit(reader, F.cross_entropy, digits.x_train, digits.y_train, epochs=8, lr=lr)
    plt.plot(range(1, 9), losses, "o-", label=f"lr={lr}")
plt.xlabel("epoch")
plt.ylabel("mean training loss")
plt.legend()
plt.show()

# %% [after fit] What the last of them learned: the weights of each digit as a picture
fig, axes = plt.subplots(1, 10, figsize=(10, 1.6))
for digit, ax in enumerate(axes):
    ax.imshow(reader.weight[digit].detach().reshape(28, 28), cmap="RdBu", vmin=-1, vmax=1)
    ax.set_title(digit)
    ax.axis("off")
plt.show()

# %% [after fit] What it says of a digit that it has never seen
picture, label = digits.x_valid[:1], digits.y_valid[0].item()
probabilities = reader(picture).softmax(1).detach()

fig, (left, right) = plt.subplots(1, 2, figsize=(7, 2.5))
left.imshow(picture.reshape(28, 28), cmap="gray_r")
left.set_title(f"a {label}")
left.axis("off")
right.bar(range(10), probabilities[0])
right.set(title="probability of each digit", xticks=range(10), ylim=(0, 1))
plt.show()
