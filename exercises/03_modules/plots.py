# %% [after Mnist_Logistic] What a new model says of a digit: all ten are about as likely
import matplotlib.pyplot as plt
from grader.assignment.data import load_mnist

digits = load_mnist()
picture, label = digits.x_valid[:1], digits.y_valid[0].item()
probabilities = Mnist_Logistic()(picture).softmax(1).detach()

fig, (left, right) = plt.subplots(1, 2, figsize=(7, 2.5))
left.imshow(picture.reshape(28, 28), cmap="gray_r")
left.set_title(f"a {label}")
left.axis("off")
right.bar(range(10), probabilities[0])
right.set(title="probability of each digit", xticks=range(10), ylim=(0, 1))
plt.show()

# %% [after MyLinear] One layer draws a straight line; two with a ReLU between them can bend it
import matplotlib.pyplot as plt

x = torch.linspace(-3, 3, 200).unsqueeze(1)
straight = MyLinear(1, 1)
bent = nn.Sequential(MyLinear(1, 20), nn.ReLU(), MyLinear(20, 1))

plt.figure(figsize=(6, 3))
plt.plot(x, straight(x).detach(), label="MyLinear(1, 1)")
plt.plot(x, bent(x).detach(), label="MyLinear(1, 20), ReLU, MyLinear(20, 1)")
plt.legend()
plt.title("new models: run the cell again for others")
plt.show()
