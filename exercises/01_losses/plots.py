# %% [after log_softmax] Five scores, and the probabilities that they become
import matplotlib.pyplot as plt

scores = torch.tensor([[2.0, 1.0, 0.0, -1.0, 3.0]])
probabilities = log_softmax(scores).exp()

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 2.5))
left.bar(range(5), scores[0])
left.set(title="scores", xlabel="class")
right.bar(range(5), probabilities[0], color="tab:orange")
right.set(title=f"probabilities: their sum is {probabilities.sum().item():.3f}", xlabel="class")
plt.show()

# %% [after nll] What one sample costs, by the probability that the model gave its right class
import matplotlib.pyplot as plt

p = torch.linspace(0.01, 0.99, 99)
costs = [nll(torch.stack([q, 1 - q]).log().unsqueeze(0), torch.tensor([0])).item() for q in p]

plt.figure(figsize=(6, 3))
plt.plot(p, costs)
plt.plot(0.1, torch.tensor(10.0).log(), "o", label="one of ten digits, guessed: 2.3026")
plt.xlabel("probability of the right class")
plt.ylabel("nll")
plt.legend()
plt.show()

# %% [after accuracy] The digits that the next exercises read, and how often guessing is right
import matplotlib.pyplot as plt
from grader.assignment.data import load_mnist

digits = load_mnist()
guesses = torch.rand(len(digits.y_valid), 10)
share = float(accuracy(guesses, digits.y_valid))

fig, axes = plt.subplots(1, 10, figsize=(10, 1.6))
for ax, picture, label in zip(axes, digits.x_valid, digits.y_valid):
    ax.imshow(picture.reshape(28, 28), cmap="gray_r")
    ax.set_title(label.item())
    ax.axis("off")
fig.suptitle(f"guessing: accuracy {share:.3f}", y=1.15)
plt.show()
