# %% [after init_params] The weights of an untrained model, a picture a class: noise
import matplotlib.pyplot as plt

new_weights, new_bias = init_params()

fig, axes = plt.subplots(1, 10, figsize=(10, 1.6))
for digit, ax in enumerate(axes):
    ax.imshow(new_weights[:, digit].detach().reshape(28, 28), cmap="RdBu")
    ax.set_title(digit)
    ax.axis("off")
plt.show()

# %% [after model] What the untrained model says of a digit: anything may be anything
import matplotlib.pyplot as plt
from grader.assignment.data import load_mnist

digits = load_mnist()
picture, label = digits.x_valid[:1], digits.y_valid[0].item()
probabilities = model(picture, *init_params()).exp().detach()

fig, (left, right) = plt.subplots(1, 2, figsize=(7, 2.5))
left.imshow(picture.reshape(28, 28), cmap="gray_r")
left.set_title(f"a {label}")
left.axis("off")
right.bar(range(10), probabilities[0])
right.set(title="probability of each digit", xticks=range(10), ylim=(0, 1))
plt.show()

# %% [after sgd_step] Ten steps down the hill (p - 1)², from p = 3
import matplotlib.pyplot as plt

p = torch.tensor([3.0], requires_grad=True)
path = [p.item()]
for _ in range(10):
    loss = ((p - 1) ** 2).sum()
    loss.backward()
    sgd_step([p], lr=0.1)
    path.append(p.item())

hill = torch.linspace(-1, 3.2, 100)
plt.figure(figsize=(6, 3))
plt.plot(hill, (hill - 1) ** 2)
plt.plot(path, [(q - 1) ** 2 for q in path], "o-", label="p, step by step")
plt.xlabel("p")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [after train] What it learned: the weights of each digit as a picture (blue speaks for it)
import matplotlib.pyplot as plt
from grader.assignment.data import load_mnist

digits = load_mnist()
learned, learned_bias = init_params()
train(digits.x_train, digits.y_train, learned, learned_bias, steps=1000, batch_size=64, lr=0.2)

fig, axes = plt.subplots(1, 10, figsize=(10, 1.6))
for digit, ax in enumerate(axes):
    ax.imshow(learned[:, digit].detach().reshape(28, 28), cmap="RdBu", vmin=-0.5, vmax=0.5)
    ax.set_title(digit)
    ax.axis("off")
plt.show()

# %% [after train] Digits that it reads wrong: would you have known?
guessed = model(digits.x_valid, learned, learned_bias).argmax(1)
wrong = (guessed != digits.y_valid).nonzero().flatten()

fig, axes = plt.subplots(1, 10, figsize=(10, 1.8))
for place, ax in zip(wrong, axes):
    ax.imshow(digits.x_valid[place].reshape(28, 28), cmap="gray_r")
    ax.set_title(f"{digits.y_valid[place]}, not {guessed[place]}", fontsize=9)
for ax in axes:
    ax.axis("off")
fig.suptitle(f"{len(wrong)} of {len(guessed)} are wrong", y=1.1)
plt.show()
